def f(:
  (((
"unterminated
 f"{x