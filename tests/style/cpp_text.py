"""C++ source as tokens: enough of the language to check style, far from a parser."""
import re
from typing import NamedTuple


class Token(NamedTuple):
    text: str
    line: int
    kind: str  # "word", "number", "string", "char", "sign", "comment", "directive"


_TOKEN = re.compile(
    r"""(?P<space>\s+|\\\n)
      | (?P<comment>//(?:\\\n|[^\n])*|/\*.*?\*/)
      | (?P<directive>(?<![^\n])[ \t]*\#(?:\\\n|/\*.*?\*/|(?!//)[^\n])*)
      | (?P<raw>(?:u8|[uUL])?R"(?P<tag>[^()\\\s]{0,16})\(.*?\)(?P=tag)")
      | (?P<string>(?:u8|[uUL])?"(?:\\.|[^"\\\n])*")
      | (?P<char>(?:u8|[uUL])?'(?:\\.|[^'\\\n])+')
      | (?P<number>\.?[0-9](?:'?[\w.]|(?<=[eEpP])[+-])*)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign>::|->\*?|&&|\|\||<=>|[-+*/%&|^<>=!]=|\+\+|--|<<|\.\.\.|.)""",
    re.X | re.S,
)


def tokens_of(text):
    """Every token of a file, comments and preprocessor lines included, each with its line."""
    found, line, start = [], 1, 0
    for match in _TOKEN.finditer(text):
        line += text.count("\n", start, match.start())
        start = match.start()
        kind = "string" if match.lastgroup == "raw" or match["raw"] else match.lastgroup
        if kind == "tag":
            kind = "string"
        if kind != "space":
            found.append(Token(match[0], line, kind))
    return found


def code_of(tokens):
    return [t for t in tokens if t.kind not in ("comment", "directive")]


_OPEN = {"(": ")", "[": "]", "{": "}"}


def partners_of(code):
    """(enclosing, partner): for each token the index of the bracket it stands in (-1: none), and for each bracket the
    index of its other half. Brackets that do not match are left alone."""
    enclosing, partner, stack = [], {}, []
    for i, token in enumerate(code):
        if token.kind == "sign" and token.text in _OPEN.values():
            if stack and _OPEN[code[stack[-1]].text] == token.text:
                partner[i] = stack[-1]
                partner[stack.pop()] = i
        enclosing.append(stack[-1] if stack else -1)
        if token.kind == "sign" and token.text in _OPEN:
            stack.append(i)
    return enclosing, partner
