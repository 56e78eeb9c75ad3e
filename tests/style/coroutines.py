"""The coroutine rule (docs/decisions/0001-compilers-and-asio.md): co_await stands alone on the right of '=', as a full
statement, or after co_return; never inside a condition, a call, braces, '?:', '&&' or '||', and never beside a lambda
that captures or a brace-initialised temporary. GCC 12.2 miscompiles the other forms without a warning."""
from cpp_text import partners_of

_HEADS = ("if", "while", "for", "switch")


def _is_block(code, enclosing, partner, brace):
    """Whether a '{' opens a block of statements: one that does holds a ';' directly, a braced list never."""
    if brace not in partner:
        return True
    return any(code[i].text == ";" and enclosing[i] == brace for i in range(brace + 1, partner[brace]))


def _statement_start(code, enclosing, partner, at):
    """The index of the first token of the statement that holds `at`, on the same bracket level."""
    i = at - 1
    while i >= 0 and i != enclosing[at]:
        token = code[i]
        if enclosing[i] == enclosing[at]:
            if token.text == ";":
                break
            if token.text == "}" and i in partner and partner[i] < i:
                if _is_block(code, enclosing, partner, partner[i]) or partner[i] == i - 1:
                    break
            if token.text == ":" and code[i - 1].text != "?" and _is_label(code, enclosing, i):
                break
        i -= 1
    return i + 1


def _is_label(code, enclosing, colon):
    """`case X:` and `default:`; the ':' of '?:' is none."""
    i = colon - 1
    while i >= 0 and enclosing[i] == enclosing[colon] and code[i].text not in (";", "{", "}", "?"):
        if code[i].text in ("case", "default"):
            return True
        i -= 1
    return False


def _without_heads(code, partner, begin, end):
    """Skips `if (...)`, `else`, `do`, `while (...)` and attributes before a statement."""
    while begin < end:
        if code[begin].text in ("else", "do", "try"):
            begin += 1
        elif code[begin].text in _HEADS:
            at = begin + 1
            if at < end and code[at].text == "constexpr":
                at += 1
            if at not in partner:
                return begin
            begin = partner[at] + 1
        elif code[begin].text == "[" and begin + 1 < end and code[begin + 1].text == "[" and begin in partner:
            begin = partner[begin] + 1
        else:
            break
    return begin


def _captures(code, partner, at):
    """Whether the '[' at `at` begins a lambda that captures something."""
    if at not in partner or partner[at] == at + 1:
        return False
    before = code[at - 1] if at else None
    if before is not None and (before.kind in ("word", "number", "string") and before.text not in ("return", "co_return", "co_await")
                               or before.text in (")", "]", "[")):
        return False  # a subscript, or an attribute
    after = partner[at] + 1
    return code[at + 1].text != "[" and after < len(code) and code[after].text in ("(", "{", "mutable", "<", "->", "noexcept")


def _lambda_body(code, partner, brace):
    """Whether a '{' is the body of a lambda written in place: `[...] {`, `[...](...) ... {`."""
    i = brace - 1
    while i >= 0 and code[i].text not in (";", "{", "}", ",", "=", "("):
        if code[i].text == "]":
            return True
        i = partner[i] - 1 if i in partner and partner[i] < i and code[i].text == ")" else i - 1
    return False


def violations(code):
    """(line, what is wrong) for each co_await that breaks the rule."""
    enclosing, partner = partners_of(code)
    found = []
    for at, token in enumerate(code):
        if token.text == "co_await" and token.kind == "word":
            wrong = _violation(code, enclosing, partner, at)
            if wrong:
                found.append((token.line, wrong))
    return found


def _violation(code, enclosing, partner, at):
    around = enclosing[at]
    if around >= 0 and code[around].text in ("(", "["):
        head = code[around - 1].text if around else ""
        return f"co_await inside the condition of '{head}'" if head in _HEADS else "co_await inside parentheses: give its result a name first"
    if around >= 0 and not _is_block(code, enclosing, partner, around):
        return "co_await inside braces: give its result a name first"

    begin = _statement_start(code, enclosing, partner, at)
    begin = _without_heads(code, partner, begin, at)
    prefix = code[begin:at]
    if [t.text for t in prefix[-3:]] == ["(", "void", ")"] and len(prefix) == 3:
        prefix = []
    if any(t.text in ("?", "||") for t in prefix):
        return "co_await beside '?:' or '||': use if and else"
    if prefix and prefix[-1].text not in ("=", "co_return"):
        return "co_await is not alone on the right of '=', a full statement, or after co_return"
    if prefix and prefix[-1].text == "co_return" and len(prefix) > 1:
        return "co_await is not alone after co_return"
    return _beside(code, enclosing, partner, begin, at)


def _beside(code, enclosing, partner, begin, at):
    """What must not stand in the same statement as a co_await."""
    i = begin
    while i < len(code):
        token = code[i]
        if token.text == ";" and enclosing[i] == enclosing[at]:
            return None
        if i > at and enclosing[i] == enclosing[at]:
            if token.text in ("&&", "||", "?"):
                return f"'{token.text}' beside co_await: give its result a name first"
            if token.text == "}" and partner.get(i, i) < at:
                return None  # the end of the enclosing block; a statement without ';' does not compile anyway
        if token.text == "[" and _captures(code, partner, i):
            return "a lambda that captures beside co_await: name the lambda first, then std::move it"
        if token.text == "{" and i in partner:
            if not _lambda_body(code, partner, i):
                return "a brace-initialised temporary beside co_await: name it first, then std::move it"
            i = partner[i]
        i += 1
    return None
