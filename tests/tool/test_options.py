# SPDX-License-Identifier: Apache-2.0
"""Commands, options, help: what is no use of the program ends with status 2 and a sentence."""


def test_without_anything(t):
    r = t.expect(2)
    assert "trivet check" in r.err and r.out == "", r


def test_help(t):
    for word in ("help", "--help", "-h"):
        r = t.expect(0, word)
        assert "trivet check FILE..." in r.out and r.err == "", r


def test_help_of_a_command(t):
    r = t.expect(0, "help", "check")
    assert r.out.startswith("trivet check FILE...") and "--platform" in r.out, r
    t.equal(t.expect(0, "check", "--help").out, r.out)
    assert "there is no command 'chekc'; did you mean 'check'?" in t.expect(2, "help", "chekc").err


def test_version(t):
    r = t.expect(0, "--version")
    assert r.out.startswith("trivet ") and r.out.count(".") >= 2, r
    t.equal(t.expect(0, "version").out, r.out)


def test_unknown_command(t):
    r = t.expect(2, "chekc", "x.toml")
    assert "there is no command 'chekc'; did you mean 'check'?" in r.err, r
    assert "there is no command 'zzzzzz'\n" in t.expect(2, "zzzzzz").err


def test_unknown_option(t):
    r = t.expect(2, "check", "--platfrom", "x", "x.toml")
    assert "there is no option '--platfrom'; did you mean '--platform'?" in r.err, r


def test_option_without_value(t):
    for words in (("--platform",), ("-o",), ("x.toml", "--tree")):
        assert "needs a value" in t.expect(2, "check", *words).err
    assert "takes no value" in t.expect(2, "check", "--json=yes", "x.toml").err


def test_color_word(t):
    assert "auto, never or always" in t.expect(2, "check", "--color=red", "x.toml").err


def test_no_file(t):
    assert "which file?" in t.expect(2, "check").err


def test_names_that_begin_with_a_dash(t):
    assert "--x.toml: error: cannot be read" in t.expect(1, "check", "--", "--x.toml").err


def test_too_many_of_one_option(t):
    words = [w for i in range(70) for w in ("--files", ".")]
    assert "more than 64" in t.expect(2, "check", *words, "x.toml").err


def test_every_command_has_help(t):
    out = t.expect(0, "help").out
    names = [line.split()[1] for line in out.splitlines() if line.startswith("  trivet ")]
    names = [n for n in names if n not in ("help", "--version")]
    assert "check" in names, out
    for name in names:
        assert t.expect(0, "help", name).out.startswith(f"trivet {name}"), name
        assert t.run(name, "--no-such-option").status == 2, name
