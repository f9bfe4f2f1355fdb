"""Templates and what Python makes of them, as ElastAlert 2 fills them.

Argument: a seed. Output: JSON with the event, the arguments, and lists of [template, text], where a text of null is an exception:
`fields` by ElastAlert's resolve_string (commands), `places` by str.format with positional arguments (alert_text), `names` by
str.format with names (alert_text_kw), and `numbers` of [template, value, text] by ElastAlert's format_string (metrics).
"""
import json
import random
import sys

from elastalert.util import format_string, resolve_string

EVENT = {
    "@timestamp": "2024-01-02T03:04:05Z",
    "user": {"name": "bob", "id": 42, "roles": ["admin", "dev"], "deep": {"er": {"est": 1.5}}},
    "host.name": "pc-7",
    "list": ["first", "second", {"k": "v"}],
    "text": "it's \"quoted\" \\ back",
    "line": "a\nb\tc\r\x00\x1f\x7f",
    "unicode": "n\u00e4\u00efve \u2603 \u00a0\u200b\u2028\U0001f600\ue000\ufffe",
    "empty": "",
    "none": None,
    "yes": True,
    "no": False,
    "int": 1234567,
    "zero": 0,
    "minus": -255,
    "byte": 65,
    "float": 0.9666666666666667,
    "whole": 3.0,
    "big": 1.5e300,
    "small": 0.000012345,
    "round": 999999.95,
    "negzero": -0.0,
    "nested": [[1, 2], [3, [4, 5]]],
    "0": "a digit",
    "with space": "spaced",
    "dict": {"0": "zero", "a b": 1, "": "empty"},
}
ARGS = [EVENT["text"], EVENT["float"], EVENT["user"], EVENT["int"], EVENT["list"], True, None, EVENT["minus"], EVENT["unicode"], -0.0, 999999.95]

FIELDS = [
    '{"text": "%(user.name)s"}', '{"text": "%(nothing)s"}', '{"a": "%(int)d", "b": {"c": "%(float).2f"}}', "{list[0]}", "{list[2][k]}",
    "{list[9]}", "{{x}}", "{{{int}}}", "{{{{int}}}}", "%%(int)s", "100%%", "%(int)s%%", "%(user)s", "%(user.roles)s", "%(user.deep.er.est)s",
    "%(host.name)s", "{user[name]}", "{user[nothing]}", "{user[roles][1]}", "{user[deep][er]}", "{nothing}", "{nothing} {int}", "{nothing:>5}",
    "{nothing:>5} {nothing}", "{nothing} {other} {int}", "{{nothing}} {nothing}", "{nothing!r}", "{}", "{0}", "{} {int}", "{int:,}", "{int:>12}",
    "{float:.2%}", "{text!r}", "{text!a}", "{unicode!r}", "{unicode!a}", "{line!r}", "{none}", "%(none)s", "{yes}", "{yes:d}", "{yes:>6}", "{no!r}",
    "{text[0]}", "{user.name}", "{@timestamp}", "%(@timestamp)s", "{with space}", "{ int }", "{dict[0]}", "{dict[a b]}", "{dict[]}",
    "{nested[1][1][0]}", "{nested[x]}", "{int[0]}", "a { b", "a } b", "{int", "{int}}", "{int!}", "{int!x}", "{int!rx}", "{int:{byte}}", "{int:>{byte}}",
    "{int:{{}}}", "{int[}", "{list[0}", "{list[0]x}", "{.x}", "{int.}", "%", "%(int)", "%(int", "%y", "%(int)y", "%(text)d", "%(text).3s",
    "%(int)010d", "%(int)-12d|", "%(int)+d", "%(int) d", "%(int)x", "%(int)#x", "%(int)#o", "%(int)X", "%(minus)x", "%(minus)d", "%(minus)05d",
    "%(float)f", "%(float)e", "%(float)g", "%(float).0f", "%(float)#.0f", "%(float)d", "%(round)g", "%(round).3g", "%(big)g", "%(big)d", "%(small)g",
    "%(byte)c", "%(yes)d", "%(yes)s", "%(int)i", "%(int)u", "%(int)ld", "%(text)r", "%(unicode)a", "%(int).10d", "%(int)5.3d", "%(negzero)f",
    "%(user.roles)r", "%(x(y))s", "%(int)5%", "awk '{print $1}'", "{print} {int}", "for i in {1..3}; do echo %(int)s; done", "echo ${HOME} %(int)s",
    "function() { return %(int)s; }", '{"a": [1, 2], "b": "{int}"}', '[{"x": "%(text)s"}]', "<b>%(text)s</b> {int}", "plain", "",
    "{_missing_value}", "%(_missing_value)s", "{it's}", '{"quoted"}', "{n\u00e4}", "{a\nb}", "{back\\slash}",
]
PLACES = [
    "{}", "{} {}", "{0} {1}", "{1} {0}", "{0} {}", "{} {0}", "{99}", "{name}", "{{0}}", "{{{0}}}", "{0[0]}", "{2[name]}", "{2[roles][0]}", "{4[2][k]}",
    "{4[99]}", "{4[x]}", "{2[nothing]}", "{3[0]}", "{0!r}", "{0!s:>30}", "{0!a}", "{8!r}", "{8!a:>80}", "{0:>30}|", "{0:<30}|", "{0:^31}|", "{0:*^31}|",
    "{0:.3}", "{0:10.3}|", "{0:s}", "{0:d}", "{0:=10}", "{0:+}", "{0:#}", "{0:,}", "{0:030}", "{0:z}", "{1:f}", "{1:.2f}", "{1:.2%}", "{1:%}", "{1:e}",
    "{1:E}", "{1:g}", "{1:G}", "{1:n}", "{1:d}", "{1:s}", "{1:x}", "{1:.3}", "{1:.0f}", "{1:#.0f}", "{1:#g}", "{1:+.1f}", "{1: .1f}", "{1:010.3f}",
    "{1:>10.3f}|", "{1:<10.3f}|", "{1:^10.3f}|", "{1:=+10.3f}|", "{1:_>10.3f}", "{3:d}", "{3:,}", "{3:_}", "{3:,d}", "{3:x}", "{3:X}", "{3:#x}", "{3:#X}",
    "{3:o}", "{3:#o}", "{3:b}", "{3:#b}", "{3:_x}", "{3:_b}", "{3:,x}", "{3:c}", "{3:n}", "{3:e}", "{3:.2f}", "{3:,.2f}", "{3:%}", "{3:g}", "{3:.3}",
    "{3:015,}", "{3:016,}", "{3:017,}", "{3:020,.2f}", "{3:020_x}", "{3:#020_b}", "{3:0=15}", "{3:*=15}", "{3:+}", "{3: }", "{3:-}", "{3:z}", "{3:s}", "{3:>+15,}",
    "{5}", "{5:d}", "{5:5}|", "{5:>5}", "{5!r:>6}", "{5:s}", "{6}", "{6:5}", "{6!s:5}|", "{4}", "{4!r}", "{4:5}", "{2}", "{2!s:.10}", "{7:x}", "{7:#x}", "{7:08}", "{7:08x}",
    "{7:,}", "{7:=8}", "{7:^8}|", "{7:c}", "{9}", "{9:f}", "{9:zf}", "{9:z.1f}", "{9:+z}", "{9:g}", "{9:%}", "{10:g}", "{10:.6}", "{10:.3}", "{10:,}", "{10:,.1f}",
    "{10:.1e}", "{10:_}", "{10:015,.1f}", "{0:{1}}", "{3:{7}}", "{0:{{}}}", "{0:{0:{0}}}", "{0:}", "{0!r:}", "{0!}", "{0!q}", "{0!rr}", "{0:>>10}", "{0:}<40}",
    "{0:{<40}", "{0:.}", "{0:5.}", "{0:10x5}", "{0:,_}", "{0:_,}", "{0:,,}", "{", "}", "{0", "0}", "{0]}", "{0[}", "{0[0}", "{0[0]x}", "{0.}", "{0[]}", "{0:\u2603>40}", "{ 0}", "{0 }",
    "{-1}", "{00}", "{4[-1]}", "{4[00]}", "plain", "", "}}{{", "a{{b}}c{3}d",
]
NAMES = ["{a}", "{a} {b}", "{a[name]} {b!r:>9}", "{c:.1f}", "{x}", "{0}", "{}", "{a.b}", "{{a}}", "{b:>{n}}", "{b[0]}", "{a[x]}"]
KW = {"a": EVENT["user"], "b": "text", "c": 2.25, "n": 12}
NUMBERS = [
    "{:.2%}", "{}", "{0:.1f}", "{:,}", "{:>10}", "{:d}", "{", "%.2f", "%d", "%s", "%5.1f|", "%x", "%e", "%g", "%%", "plain", "%.2f%%", "%", "%(a)s", "%s %s", "%c", "%r", "%05d", "%+.1e", "%i", "%.0f",
]
VALUES = [0.966666667, 3, -7, 12345678.9, "text", True, None, [1, 2], {"a": 1}, 0, 1e-7, 100.0, 2.5, 3.5, 0.5]


def spec(r):
    fill = r.choice(["", "", "*", "0", " "])
    align = r.choice(["<", ">", "^", "="]) if fill else r.choice(["", "", "", "<", ">", "^", "="])
    return "".join(
        [fill if align else "", align, r.choice(["", "", "", "+", "-", " "]), r.choice(["", "", "", "", "z"]), r.choice(["", "", "", "#"]),
         r.choice(["", "", "0"]), r.choice(["", "5", "9", "12", "17", "24"]), r.choice(["", "", "", ",", "_"]), r.choice(["", "", ".0", ".1", ".3", ".8"]),
         r.choice(["", "", "", "s", "d", "f", "e", "g", "%", "x", "X", "o", "b", "c", "n", "E", "G", "F"])])


def percent(r, name):
    return f"%({name})" + "".join(r.sample(["#", "0", "-", " ", "+"], r.choice([0, 0, 0, 1, 2]))) + r.choice(["", "", "3", "8", "15"]) \
        + r.choice(["", "", ".0", ".2", ".5", "."]) + r.choice(["s", "s", "s", "r", "a", "d", "i", "f", "e", "g", "x", "X", "o", "c", "F", "E", "G"])


def generated(r):
    """Templates that hold a bit of everything."""
    names = [k for k in EVENT if "." not in k] + ["nothing", "gone"]
    dotted = names + ["user.name", "user.id", "user.roles", "host.name", "user.deep.er.est", "user.nothing"]
    # Python takes braces of values for a template, too: sigmalert does not.
    dotted = [n for n in dotted if n not in ("user", "list", "dict")]
    inner = ["", "", "[0]", "[1]", "[name]", "[id]", "[roles]", "[k]", "[deep][er]"]
    fields, places = [], []

    def field():
        parts = []
        for _ in range(r.randint(1, 3)):
            kind = r.random()
            if kind < 0.4:
                parts.append("{" + r.choice(names) + r.choice(inner) + r.choice(["", "", "!r", "!s", "!a"]) + r.choice(["", "", ":" + spec(r)]) + "}")
            elif kind < 0.8:
                parts.append(percent(r, r.choice(dotted)))
            else:
                parts.append(r.choice(["{{", "}}", " ", "x", "{{x}}", "\u2603", '"', "'", '{"k": 1}', "[", "]", ":", "!"]))
        return " ".join(parts)

    def place():
        return " ".join(
            "{" + r.choice(["", *map(str, range(len(ARGS)))]) + r.choice(["", "", "", *inner]) + r.choice(["", "", "!r", "!s", "!a"]) + r.choice(["", ":" + spec(r)]) + "}"
            for _ in range(r.randint(1, 2)))

    # Most of what is thrown together raises: what does not is wanted more.
    while len(fields) < 200:
        t = field()
        if attempt(lambda t=t: resolve_string(t, EVENT)) is not None or r.random() < 0.03:
            fields.append(t)
    while len(places) < 300:
        t = place()
        if attempt(lambda t=t: t.format(*ARGS)) is not None or r.random() < 0.1:
            places.append(t)
    return fields, places


def attempt(f):
    try:
        return f()
    except Exception:  # noqa: BLE001 - any is the same here
        return None


seed = int(sys.argv[1])
fields, places = generated(random.Random(seed))
if seed == 0:
    fields, places = FIELDS + fields, PLACES + places
out = {
    "event": EVENT,
    "args": ARGS,
    "kw": KW,
    "fields": [[t, attempt(lambda: resolve_string(t, EVENT))] for t in fields],
    "places": [[t, attempt(lambda: t.format(*ARGS))] for t in places],
    "names": [[t, attempt(lambda: t.format(**KW))] for t in NAMES],
    "numbers": [[t, v, attempt(lambda: format_string(t, v))] for t in NUMBERS for v in VALUES],
}
# One a line, so that a change can be read.
parts = []
for key, value in out.items():
    lines = [json.dumps(v) for v in value] if key in ("fields", "places", "names", "numbers") else None
    parts.append(f"{json.dumps(key)}: " + ("[\n" + ",\n".join(lines) + "\n]" if lines is not None else json.dumps(value)))
print("{\n" + ",\n".join(parts) + "\n}")
