/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/preload/program.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "observe/format.h"
#include "observe/preload/sys.h"

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

enum { NESTED = 4, PHDRS = 32, DYNAMICS = 256 };

static bool
read_part(long fd, void *p, size_t n, uint64_t at)
{
	return SYS4(SYS_pread64, fd, p, n, at) == (long)n;
}

/* Where an address of memory lies in the file; 0: nowhere. */
static uint64_t
offset_of(const ElfW(Phdr) *ph, unsigned n, uint64_t at)
{
	for (unsigned i = 0; i < n; i++)
		if (ph[i].p_type == PT_LOAD && at >= ph[i].p_vaddr &&
		    at < ph[i].p_vaddr + ph[i].p_filesz)
			return at - ph[i].p_vaddr + ph[i].p_offset;
	return 0;
}

/* Does the first library that it needs belong to the address sanitizer? That is
 * the compilers' doing, and they put it there. */
static bool
needs_asan(long fd, const ElfW(Phdr) *ph, unsigned n)
{
	ElfW(Dyn) d[DYNAMICS];
	uint64_t names = 0, needed = 0;
	char name[8];
	long got = 0;

	for (unsigned i = 0; i < n && got == 0; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			got = SYS4(SYS_pread64, fd, d,
			           ph[i].p_filesz < sizeof(d) ? ph[i].p_filesz
			           : sizeof(d), ph[i].p_offset);
	for (long i = 0; i < got / (long)sizeof(*d); i++)
		if (d[i].d_tag == DT_STRTAB)
			names = offset_of(ph, n, d[i].d_un.d_ptr);
	for (long i = 0; names && i < got / (long)sizeof(*d); i++) {
		if (d[i].d_tag == DT_NULL)
			break;
		if (d[i].d_tag != DT_NEEDED)
			continue;
		needed = d[i].d_un.d_val;
		if (!read_part(fd, name, sizeof(name) - 1, names + needed))
			continue;
		name[sizeof(name) - 1] = '\0';
		if (text_eq(name, "libasan") || text_eq(name, "libclan"))
			return true;
	}
	return false;
}

/* Is this segment the note that Go leaves? */
static bool
is_go(long fd, const ElfW(Phdr) *p)
{
	struct {
		ElfW(Nhdr) head;
		char name[4];
	} note;

	return p->p_type == PT_NOTE &&
	       read_part(fd, &note, sizeof(note), p->p_offset) &&
	       note.head.n_namesz == sizeof(note.name) &&
	       text_eq(note.name, "Go");
}

/* Does it gain rights when it is executed? */
static bool
has_rights(long fd)
{
	struct stat st;
	char text[64];

	return SYS3(SYS_fstat, fd, &st, 0) < 0 ||
	       st.st_mode & (S_ISUID | S_ISGID) ||
	       SYS4(SYS_fgetxattr, fd, "security.capability", text,
	            sizeof(text)) >= 0;
}

/* Does it call the system by itself? */
static bool
is_static(long fd, const ElfW(Phdr) *ph, unsigned n)
{
	bool loader = false, go = false;

	for (unsigned i = 0; i < n; i++) {
		loader |= ph[i].p_type == PT_INTERP;
		go |= is_go(fd, &ph[i]);
	}
	return (go || !loader) && !has_rights(fd);
}

static unsigned
elf_flags(long fd, const ElfW(Ehdr) *h)
{
	ElfW(Phdr) ph[PHDRS];
	unsigned n = h->e_phnum;

	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_machine != MACHINE)
		return OBSERVE_FOREIGN;
	if (n > PHDRS || h->e_phentsize != sizeof(*ph) ||
	    !read_part(fd, ph, n * sizeof(*ph), h->e_phoff))
		return 0;
	if (needs_asan(fd, ph, n))
		return OBSERVE_ASAN;
	return is_static(fd, ph, n) ? OBSERVE_STATIC : 0;
}

/* The interpreter that the first line of a script names, in place. */
static const char *
interpreter(char *line, long n)
{
	long from = 2, to;

	while (from < n && (line[from] == ' ' || line[from] == '\t'))
		from++;
	for (to = from; to < n && line[to] != ' ' && line[to] != '\t' &&
	     line[to] != '\n' && line[to] != '\0'; to++)
		continue;
	if (to == n || to == from)
		return NULL;
	line[to] = '\0';
	return line + from;
}

unsigned
program_flags(const char *path)
{
	union {
		char text[512];
		ElfW(Ehdr) header;
	} u;
	unsigned flags = 0;

	for (int i = 0; path && i < NESTED; i++) {
		long fd = SYS4(SYS_openat, AT_FDCWD, path,
		               O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
		long n = fd < 0 ? 0 : SYS4(SYS_pread64, fd, &u, sizeof(u), 0);

		path = NULL;
		if (n >= (long)sizeof(u.header) && u.text[0] == 0x7f &&
		    u.text[1] == 'E' && u.text[2] == 'L' && u.text[3] == 'F')
			flags = elf_flags(fd, &u.header);
		else if (n > 2 && u.text[0] == '#' && u.text[1] == '!')
			path = interpreter(u.text, n);
		if (fd >= 0)
			SYS3(SYS_close, fd, 0, 0);
	}
	return flags;
}
