/* SPDX-License-Identifier: Apache-2.0 */
#include "sched/known/options.h"

#include <string.h>

#include "util/mem.h"
#include "util/str.h"

/* How a word is like an option. */
enum form {
	EXACT,
	JOINED,         /* begins so */
	NEXT,           /* is just so; an argument follows */
	EITHER,         /* begins so; is it just so, an argument follows */
};

struct entry {
	const char *text;
	enum form form;
};

/* What is left out writes files beside the output: --coverage, -ftest-coverage
 * (.gcno), -gsplit-dwarf (.dwo), -save-temps, -fdump-..., -fstack-usage (.su),
 * -fcallgraph-info (.ci), -ftime-trace, -fsave-optimization-record, -MJ, -M,
 * modules, plugins, and whatever is not known at all; or reads what nobody
 * names: -fprofile-use, @file, -specs, -B. */
static const struct entry compiling[] = {
	{ "-D", EITHER }, { "-U", EITHER }, { "-I", EITHER },
	{ "-isystem", EITHER }, { "-iquote", EITHER },
	{ "-idirafter", EITHER }, { "-include", EITHER },
	{ "-imacros", EITHER }, { "-isysroot", EITHER },
	{ "--sysroot=", JOINED }, { "-x", EITHER }, { "-arch", NEXT },
	{ "-target", NEXT }, { "--target=", JOINED }, { "-std=", JOINED },
	{ "-stdlib=", JOINED }, { "-ansi", EXACT }, { "-O", JOINED },
	{ "-w", EXACT }, { "-pedantic", JOINED }, { "-pthread", EXACT },
	{ "-pipe", EXACT }, { "-nostdinc", JOINED }, { "-undef", EXACT },
	{ "--param=", JOINED }, { "--param", NEXT },
	{ "-Qunused-arguments", EXACT }, { "-MD", EXACT }, { "-MMD", EXACT },
	{ "-MP", EXACT }, { "-MT", EITHER }, { "-MQ", EITHER },
	{ "-g", EXACT }, { "-g0", EXACT }, { "-g1", EXACT }, { "-g2", EXACT },
	{ "-g3", EXACT }, { "-ggdb", JOINED }, { "-gdwarf", JOINED },
	{ "-gz", JOINED }, { "-gno-", JOINED }, { "-gcolumn-info", EXACT },
	{ "-gstrict-dwarf", EXACT }, { "-gline-tables-only", EXACT },
	{ "-Wp,-D", JOINED }, { "-Wp,-U", JOINED },
	{ "-Wa,--noexecstack", EXACT },
	{ "-Wa,--compress-debug-sections", JOINED },
	{ "-fno-", JOINED }, { "-fPIC", EXACT }, { "-fpic", EXACT },
	{ "-fPIE", EXACT }, { "-fpie", EXACT }, { "-fabi-version=", JOINED },
	{ "-falign-", JOINED }, { "-faligned-new", JOINED },
	{ "-fansi-escape-codes", EXACT }, { "-fassociative-math", EXACT },
	{ "-fasynchronous-unwind-tables", EXACT }, { "-fblocks", EXACT },
	{ "-fbuiltin", EXACT }, { "-fcf-protection", JOINED },
	{ "-fchar8_t", EXACT }, { "-fcolor-diagnostics", EXACT },
	{ "-fcommon", EXACT }, { "-fconcepts", JOINED },
	{ "-fconstexpr-", JOINED }, { "-fcoroutines", JOINED },
	{ "-fdata-sections", EXACT }, { "-fdebug-prefix-map=", JOINED },
	{ "-fdebug-types-section", EXACT },
	{ "-fdelete-null-pointer-checks", EXACT },
	{ "-fdiagnostics-color", JOINED }, { "-fdiagnostics-show-", JOINED },
	{ "-fexcess-precision=", JOINED }, { "-fexceptions", EXACT },
	{ "-fexec-charset=", JOINED }, { "-ffast-math", EXACT },
	{ "-ffat-lto-objects", EXACT }, { "-ffile-prefix-map=", JOINED },
	{ "-ffinite-math-only", EXACT }, { "-ffp-contract=", JOINED },
	{ "-ffreestanding", EXACT }, { "-ffunction-sections", EXACT },
	{ "-fgnu89-inline", EXACT }, { "-fhardened", EXACT },
	{ "-fhosted", EXACT }, { "-fident", EXACT }, { "-finline", JOINED },
	{ "-finput-charset=", JOINED }, { "-fipa-", JOINED },
	{ "-flto", JOINED }, { "-fmacro-prefix-map=", JOINED },
	{ "-fmath-errno", EXACT }, { "-fmax-errors=", JOINED },
	{ "-ferror-limit=", JOINED }, { "-fmerge-", JOINED },
	{ "-fmessage-length=", JOINED }, { "-fms-extensions", EXACT },
	{ "-fobjc-", JOINED }, { "-fomit-frame-pointer", EXACT },
	{ "-fopenmp", JOINED }, { "-fpack-struct", JOINED },
	{ "-fpermissive", EXACT }, { "-fplt", EXACT },
	{ "-frandom-seed=", JOINED }, { "-freciprocal-math", EXACT },
	{ "-frounding-math", EXACT }, { "-frtti", EXACT },
	{ "-fsanitize", JOINED }, { "-fsemantic-interposition", EXACT },
	{ "-fshort-enums", EXACT }, { "-fshort-wchar", EXACT },
	{ "-fsigned-char", EXACT }, { "-fsized-deallocation", EXACT },
	{ "-fstack-clash-protection", EXACT },
	{ "-fstack-protector", JOINED }, { "-fstrict-", JOINED },
	{ "-ftemplate-", JOINED }, { "-fthreadsafe-statics", EXACT },
	{ "-ftls-model=", JOINED }, { "-ftrapping-math", EXACT },
	{ "-ftree-", JOINED }, { "-ftrivial-auto-var-init=", JOINED },
	{ "-funroll-", JOINED }, { "-funsafe-math-optimizations", EXACT },
	{ "-funsigned-char", EXACT }, { "-funwind-tables", EXACT },
	{ "-fuse-cxa-atexit", EXACT }, { "-fvar-tracking", JOINED },
	{ "-fvisibility", JOINED }, { "-fwide-exec-charset=", JOINED },
	{ "-fwrapv", JOINED }, { "-fzero-call-used-regs=", JOINED },
};

/* What is left out writes maps, import libraries and the like, or reads scripts
 * that name other files (-T). */
static const struct entry linking[] = {
	{ "-L", EITHER }, { "-l", EITHER }, { "-shared", EXACT },
	{ "-static", EXACT }, { "-static-libgcc", EXACT },
	{ "-static-libstdc++", EXACT }, { "-static-pie", EXACT },
	{ "-rdynamic", EXACT }, { "-pie", EXACT }, { "-no-pie", EXACT },
	{ "-nopie", EXACT }, { "-nostdlib", JOINED },
	{ "-nodefaultlibs", EXACT }, { "-nostartfiles", EXACT },
	{ "-nolibc", EXACT }, { "-s", EXACT }, { "-u", EITHER },
	{ "-z", NEXT }, { "-fuse-ld=", JOINED },
	{ "-fuse-linker-plugin", EXACT }, { "-dynamiclib", EXACT },
	{ "-bundle", EXACT }, { "-dynamic", EXACT },
	{ "-install_name", NEXT }, { "-compatibility_version", NEXT },
	{ "-current_version", NEXT }, { "-undefined", NEXT },
	{ "-headerpad_max_install_names", EXACT },
};

static const struct entry linker[] = {
	{ "--as-needed", EXACT }, { "--no-as-needed", EXACT },
	{ "--start-group", EXACT }, { "--end-group", EXACT },
	{ "-(", EXACT }, { "-)", EXACT }, { "--whole-archive", EXACT },
	{ "--no-whole-archive", EXACT }, { "--gc-sections", EXACT },
	{ "--no-gc-sections", EXACT }, { "--export-dynamic", EXACT },
	{ "-E", EXACT }, { "--enable-new-dtags", EXACT },
	{ "--disable-new-dtags", EXACT }, { "--no-undefined", EXACT },
	{ "--allow-shlib-undefined", EXACT },
	{ "--no-allow-shlib-undefined", EXACT },
	{ "--copy-dt-needed-entries", EXACT },
	{ "--no-copy-dt-needed-entries", EXACT }, { "-Bsymbolic", JOINED },
	{ "-Bstatic", EXACT }, { "-Bdynamic", EXACT }, { "-s", EXACT },
	{ "-S", EXACT }, { "-x", EXACT }, { "--strip-all", EXACT },
	{ "--strip-debug", EXACT }, { "--discard-all", EXACT },
	{ "--fatal-warnings", EXACT }, { "--no-fatal-warnings", EXACT },
	{ "--relax", EXACT }, { "--no-relax", EXACT },
	{ "--eh-frame-hdr", EXACT }, { "--push-state", EXACT },
	{ "--pop-state", EXACT }, { "--icf=", JOINED },
	{ "--emit-relocs", EXACT }, { "--no-keep-memory", EXACT },
	{ "--demangle", EXACT }, { "-soname=", JOINED },
	{ "--soname=", JOINED }, { "-soname", NEXT }, { "-h", NEXT },
	{ "-rpath=", JOINED }, { "--rpath=", JOINED }, { "-rpath", NEXT },
	{ "--rpath", NEXT }, { "-rpath-link=", JOINED },
	{ "--rpath-link=", JOINED }, { "-rpath-link", NEXT },
	{ "--rpath-link", NEXT }, { "-O", JOINED },
	{ "--hash-style=", JOINED }, { "--build-id", JOINED },
	{ "--exclude-libs=", JOINED }, { "--exclude-libs", NEXT },
	{ "--dynamic-linker=", JOINED }, { "-dynamic-linker", NEXT },
	{ "--sort-common", JOINED }, { "--compress-debug-sections", JOINED },
	{ "-z", EITHER }, { "--threads", JOINED },
	{ "--thread-count", JOINED }, { "--undefined=", JOINED },
	{ "-u", NEXT }, { "--defsym=", JOINED },
	{ "--unresolved-symbols=", JOINED }, { "--warn-", JOINED },
	{ "--no-warn-", JOINED }, { "--wrap=", JOINED },
	{ "-install_name", NEXT }, { "-search_paths_first", EXACT },
	{ "-headerpad_max_install_names", EXACT },
	{ "-dead_strip", JOINED },
};

static enum option
find_option(const struct entry *table, size_t n, const char *word)
{
	struct str w = str_of(word);

	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &table[i];
		bool just = str_is(w, e->text);

		if (just)
			return e->form == NEXT || e->form == EITHER
			     ? OPTION_ARGUMENT : OPTION_ALONE;
		if ((e->form == JOINED || e->form == EITHER) &&
		    str_starts(w, e->text))
			return OPTION_ALONE;
	}
	return OPTION_UNKNOWN;
}

/* Warnings, and what is asked of the machine, if nothing hides in them. */
static bool
hides_nothing(struct str w)
{
	if (str_starts(w, "-W"))
		return !memchr(w.p, ',', w.n);
	return str_starts(w, "-m") && !str_starts(w, "-mllvm") &&
	       !str_starts(w, "-mdump");
}

enum option
option_of_compiler(const char *word)
{
	enum option o = find_option(compiling, countof(compiling), word);

	return o == OPTION_UNKNOWN && hides_nothing(str_of(word)) ? OPTION_ALONE
	                                                        : o;
}

enum option
option_of_link(const char *word)
{
	enum option o = find_option(linking, countof(linking), word);

	return o == OPTION_UNKNOWN ? option_of_compiler(word) : o;
}

enum option
option_of_linker(const char *word)
{
	return find_option(linker, countof(linker), word);
}

/* ---- programs ---- */

static bool
in_list(struct str name, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(name, list[i]))
			return true;
	return false;
}

static struct str
without_version(struct str s)
{
	size_t n = s.n;

	while (n && ((s.p[n - 1] >= '0' && s.p[n - 1] <= '9') ||
	             s.p[n - 1] == '.'))
		n--;
	if (n < s.n && n > 1 && s.p[n - 1] == '-')
		s.n = n - 1;
	return s;
}

/* aarch64-linux-gnu-gcc: a machine, and a system at least. */
static struct str
without_machine(struct str s)
{
	static const char *const machines[] = {
		"x86_64-", "i386-", "i486-", "i586-", "i686-", "amd64-",
		"aarch64-", "arm", "riscv", "powerpc", "s390x-", "mips",
		"sparc", "loongarch", "m68k-", "alpha-", "hppa-", "sh4-",
		"avr-", "xtensa-", "msp430-",
	};

	for (size_t i = 0; i < countof(machines); i++) {
		size_t at = s.n, dashes = 0;

		if (!str_starts(s, machines[i]))
			continue;
		while (at > 0 && s.p[at - 1] != '-')
			at--;
		for (size_t k = 0; k < at; k++)
			dashes += s.p[k] == '-';
		/* the machine's own may have one: gcc-ar */
		if (at > 4 && str_starts((struct str){ s.p + at - 4, 4 },
		                         "gcc-"))
			at -= 4;
		if (dashes)
			return (struct str){ s.p + at, s.n - at };
	}
	return s;
}

bool
option_is_compiler(const char *name)
{
	static const char *const names[] = {
		"cc", "c++", "gcc", "g++", "clang", "clang++",
	};
	struct str s = without_machine(without_version(str_of(name)));

	return in_list(s, names, countof(names));
}

bool
option_is_archiver(const char *name)
{
	static const char *const names[] = { "ar", "gcc-ar", "llvm-ar" };
	struct str s = without_machine(without_version(str_of(name)));

	return in_list(s, names, countof(names));
}

bool
option_is_ranlib(const char *name)
{
	static const char *const names[] = {
		"ranlib", "gcc-ranlib", "llvm-ranlib",
	};
	struct str s = without_machine(without_version(str_of(name)));

	return in_list(s, names, countof(names));
}

bool
option_is_launcher(const char *name)
{
	static const char *const names[] = {
		"ccache", "sccache", "distcc", "icecc",
	};

	return in_list(str_of(name), names, countof(names));
}

bool
option_is_system_library(const char *name)
{
	static const char *const names[] = {
		"m", "c", "pthread", "dl", "rt", "util", "stdc++", "gcc",
		"gcc_s", "atomic", "c++", "c++abi", "System", "resolv",
	};

	return in_list(str_of(name), names, countof(names));
}
