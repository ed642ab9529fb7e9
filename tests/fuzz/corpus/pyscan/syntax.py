# -*- coding: latin-1 -*-
match x:
    case {"a": 1, **rest} if rest: import in_case
    case [1, *_] | Point(x=0): pass
type A[T: int, *Ts] = dict[T, Ts]
class C[T](Generic[T], x.y[int].z, f()): pass
def f[T](x: T, /, *, y=1): return (yield x)
f"{x!r:>{width}.{prec}} {{}} {y["k"]} {'nested' f'{z}'} \N{DASH} {a=}"
rf'\{raw}' f'''{
    multi
    # comment
:%Y-%m}'''
t"{template}" b'by\'tes' r"\" " u'' rb"""x
"""
while (n := next(it)) != 0x_ff and 1_0.e-5j or .5: n //= 2; n **= 3; n >>= 1
for i in a, b: print(i, end=""); import looped
else: del i
async def g():
    async with a as b, c: await d
    async for x in y: pass
@a.b[0].c
@(yield)
class D: x: int = 1; y, *z = 1, 2; a = b = c
if 1:
	tab = 1
        
	try: pass
	except* E: pass
