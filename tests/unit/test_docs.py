# SPDX-License-Identifier: GPL-2.0
"""Manual pages, JSON schema and completion against the program itself.

Owns: that comparison. Must not know: what the commands do.
"""
import json
import os
import re
import subprocess
import tempfile
import unittest

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
SAN = os.environ.get("FT_SAN", os.path.join(TOP, "build/user/san"))
FTCTL = os.path.join(SAN, "ftctl")
PAGES = ["Documentation/man/ftctl.8", "Documentation/man/fasttrack.7"]


def ftctl(*words):
    return subprocess.run([FTCTL, *words], check=True,
                          stdout=subprocess.PIPE).stdout.decode()


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as file:
        return file.read()


def commands():
    return [re.split(r" [\[A-Z]| [a-z]+\|", line[8:])[0]
            for line in ftctl("help").splitlines()
            if line.startswith("  ftctl ")]


class Manual(unittest.TestCase):
    def lint(self, *words):
        done = subprocess.run(words, stdout=subprocess.DEVNULL,
                              stderr=subprocess.STDOUT if words[0] == "mandoc"
                              else subprocess.PIPE, check=False,
                              env={**os.environ, "MANWIDTH": "80",
                                   "LC_ALL": "C.UTF-8"})
        return (done.stderr or b"").decode()

    def test_man_warnings(self):
        for page in PAGES:
            self.assertEqual(self.lint("man", "--warnings", "-l", "-Tutf8",
                                       "-Z", os.path.join(TOP, page)), "")

    def test_mandoc(self):
        for page in PAGES:
            done = subprocess.run(
                ["mandoc", "-T", "lint", "-W", "warning",
                 os.path.join(TOP, page)], stdout=subprocess.PIPE,
                check=False)
            self.assertEqual(done.stdout.decode(), "")

    def test_extension(self):
        text = ".TH X 8 2026-01-01\n.SH X\nX\n" + \
            read("tools/iptables/libxt_FASTTRACK.man")
        with tempfile.NamedTemporaryFile("w", suffix=".8") as file:
            file.write(text)
            file.flush()
            done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning",
                                   file.name], stdout=subprocess.PIPE,
                                  check=False)
        self.assertEqual(done.stdout.decode(), "")

    def test_every_command_has_a_section(self):
        page = read(PAGES[0])
        found = commands()
        self.assertGreater(len(found), 10)
        for command in found:
            self.assertRegex(page, r"(?m)^\.SS %s( |$)" % re.escape(command))

    def test_every_command_has_an_example(self):
        sections = re.split(r"(?m)^\.S[SH] ", read(PAGES[0]))
        for command in commands():
            section = [text for text in sections if re.match(
                re.escape(command) + r"( |\n)", text)]
            self.assertEqual(len(section), 1)
            self.assertRegex(section[0], r"(?m)^ftctl (-\w+ )*%s" %
                             re.escape(command))

    def test_every_option(self):
        page = read(PAGES[0]).replace("\\-", "-")
        for option in re.findall(r"(?m)^  -(\w)", ftctl("help")):
            self.assertRegex(page, r"(?m)^\.B[RI]* .*-%s\b" % option)

    def test_every_filter(self):
        page = read(PAGES[0])
        for name in re.findall(r"([a-z-]+)=", ftctl("help", "connection",
                                                    "list")):
            self.assertIn(name, page)


    def section(self, command):
        return [text for text in re.split(r"(?m)^\.S[SH] ", read(PAGES[0]))
                if re.match(re.escape(command) + r"( |\n)", text)][0]

    def names(self, *command):
        return re.search(r"Names:((?: \S+|\n {10,}\S+)+)",
                         ftctl("help", *command)).group(1).split()

    # Words that stand out, in bold
    def bold(self, command):
        return " ".join(re.findall(r"(?m)^\.R?B[RI]? (.*)",
                                   self.section(command))).replace(
            '"', " ").replace(",", " ").replace("\\-", "-").split()

    def test_tracking_settings(self):
        names = self.names("tracking", "set")
        self.assertGreater(len(names), 15)
        bold = {word.rstrip("=") for word in self.bold("tracking set")}
        self.assertLessEqual(set(names), bold)

    def test_flags(self):
        flags = re.findall(r"""\{ '(\w)', "([a-z-]+)" \}""",
                           read("tools/ftctl/flags.c"))
        self.assertEqual(len(flags), 10)
        bold = " ".join(["", *self.bold("connection list")])
        for flag in flags:
            self.assertIn(" %s %s " % flag, bold)

    def test_keys(self):
        text = re.search(r'help_text\[\] =\n((?:\t".*\n)+)',
                         read("tools/ftctl/watch_screen.c")).group(1)
        keys = re.findall(r'"(\S)(?: (\S))? {6,}', text.split('"\\n"')[0])
        self.assertGreater(len(keys), 8)
        bold = self.bold("connection watch")
        for key in filter(None, sum(keys, ())):
            self.assertIn(key, bold)

    # What is refused is named with the range, which the manual has as well
    def test_ranges(self):
        source = read("src/main.c")
        usual = {"lease": re.search(r"LEASE_DEFAULT\s+\((\d+) \* HZ",
                                    source).group(1) + "s",
                 "table-limit": re.search(r"LIMIT_DEFAULT\s+(\d+)",
                                          source).group(1)}
        for name, default in usual.items():
            done = subprocess.run([FTCTL, "set", name + "=0"], check=False,
                                  stderr=subprocess.PIPE)
            least = re.search(r"\((.*)\)", done.stderr.decode()).group(1)
            self.assertIn("%s, by default %s.\n" % (least, default),
                          self.section("set"))

    # The words in the heading are those of the help
    def test_synopsis(self):
        for command in commands():
            heading = self.section(command).splitlines()[0]
            heading = re.sub(r"\\f[BIR]", "", heading)
            words = set(re.findall("[a-z-]+", heading))
            told = re.search(r"  ftctl (%s.*)" % command, ftctl(
                "help", *command.split())).group(1)
            told = re.sub("=[a-z,]+", "=", told)
            self.assertLessEqual(set(re.findall("[a-z-]+", told)), words,
                                 command)
        self.assertIn("count=", self.names("connection", "watch"))


class Schema(unittest.TestCase):
    def test_properties(self):
        schema = json.loads(read("Documentation/ftctl.schema.json"))
        text = ftctl("help", "connection", "list").split("Properties:\n")[1]
        names = {line.split()[0] for line in text.splitlines()} - {"flags"}
        self.assertEqual(
            set(schema["definitions"]["connection"]["properties"]), names)

    def test_valid(self):
        import jsonschema
        jsonschema.Draft7Validator.check_schema(
            json.loads(read("Documentation/ftctl.schema.json")))

    def test_every_output_is_validated(self):
        """By a test that runs the command: "schema NAME FILE" of ft_list.py,
        or the list's own comparison."""
        known = json.loads(read("Documentation/ftctl.schema.json"))
        outputs = {name for name in commands()
                   if name in known["definitions"]}
        self.assertGreaterEqual(len(outputs), 11)
        tests = " ".join(
            read("tests/" + name).replace("\\\n", " ")
            for name in sorted(os.listdir(os.path.join(TOP, "tests")))
            if re.fullmatch(r"ft_.*\.sh", name))
        asked = " ".join(re.findall(
            r"(?:judge|ft_list\.py\")\s+schema\s(.*)", tests))
        for name in sorted(outputs):
            self.assertRegex(asked, r'(^|\s)"?%s"?\s+"\$lib_dir/' % name)

    # How the YAML spec's attributes are called where a person reads them
    NAMES = {
        "status": {"ingress-ifindex": "ingress-devices"},
        "family-status": {"forwarded": "forwarded-packets"},
        "settings": {"tracking": None},
        "direction": {
            "state": "fasttrack-state", "packets": "fasttrack-packets",
            "bytes": "fasttrack-bytes", "ifindex-in": "in-device",
            "ifindex-out": "out-device", "total-packets": "packets",
            "total-bytes": "bytes", "tuple": None},
    }
    TYPES = {"u32": "u32", "u64": "count"}

    def spec(self):
        import yaml
        spec = yaml.safe_load(read("Documentation/netlink/specs/fasttrack.yaml"))
        return ({one["name"]: [a for a in one["attributes"]
                               if a["type"] != "pad"]
                 for one in spec["attribute-sets"]},
                {one["name"]: [e if isinstance(e, str) else e["name"]
                               for e in one.get("entries", [])]
                 for one in spec["definitions"]})

    def same(self, attributes, properties, names, prefix=""):
        for attribute in attributes:
            name = names.get(attribute["name"], attribute["name"])
            if name is None:
                continue
            self.assertIn(prefix + name, properties)
            want = self.TYPES.get(attribute["type"])
            if want and not {"enum", "multi-attr"} & set(attribute) and \
               not name.endswith("-device"):
                self.assertEqual(properties[prefix + name], {
                    "$ref": "#/definitions/" + want})

    def test_names_of_the_spec(self):
        sets, enums = self.spec()
        schema = json.loads(read("Documentation/ftctl.schema.json"))
        known = schema["definitions"]
        for mine, theirs in (("status", "status"), ("settings", "setting"),
                             ("family-status", "family-status")):
            self.same(sets[theirs], known[mine]["properties"],
                      self.NAMES[mine])
        for half in ("orig-", "repl-"):
            self.same(sets["direction"], known["connection"]["properties"],
                      self.NAMES["direction"], half)
        for name in ("flow-state", "dir-state"):
            self.assertEqual(known[name]["enum"], enums[name])
        self.assertEqual(known["settings"]["properties"]["ingress"]["enum"],
                         enums["ingress"])
        self.assertEqual(
            set(known["tracking show"]["properties"]["enabled"]["enum"]),
            set(enums["tracking"]))

    def test_list_watch_and_monitor_agree(self):
        schema = json.loads(read("Documentation/ftctl.schema.json"))
        known = schema["definitions"]
        for name, own in (("monitor", {"event", "timestamp"}),
                          ("connection why", {"obstacle", "explanation"})):
            for key, value in known[name]["properties"].items():
                if key not in own:
                    self.assertEqual(value["$ref"], "#/definitions/"
                                     "connection/properties/" + key)
        self.assertEqual(known["connection list"]["items"],
                         {"$ref": "#/definitions/connection"})
        self.assertEqual(
            known["connection watch"]["properties"]["connections"],
            {"$ref": "#/definitions/connection list"})


class Completion(unittest.TestCase):
    def complete(self, line):
        script = """
            source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; compopt() { :; }
            COMPREPLY=(); _ftctl; printf '%s\\n' "${COMPREPLY[@]}"
        """
        done = subprocess.run(
            ["bash", "--norc", "-uc", script, "-",
             os.path.join(SAN, "ftctl.bash"), line],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode().split()

    def test_commands(self):
        first = {command.split()[0] for command in commands()}
        self.assertEqual(set(self.complete("ftctl ")), first)
        for command in commands():
            if " " in command:
                group, second = command.split(" ")
                self.assertIn(second, self.complete("ftctl %s " % group))
                self.assertEqual(
                    self.complete("ftctl %s" % group[:-1]), [group])

    def test_words(self):
        self.assertEqual(self.complete("ftctl connection list src-a"),
                         ["src-address="])
        self.assertEqual(self.complete("ftctl -4 -j connection list revers"),
                         ["reverse"])
        self.assertEqual(self.complete("ftctl -N x tracking set udp-s"),
                         ["udp-stream-timeout"])
        self.assertEqual(self.complete("ftctl tracking reset r"),
                         ["routeros"])

    def test_values(self):
        self.assertEqual(self.complete("ftctl connection list fasttrack=y"),
                         ["yes"])
        self.assertEqual(self.complete("ftctl connection list sort orig-b"),
                         ["orig-bytes"])
        self.assertEqual(self.complete("ftctl connection list sort=orig-b"),
                         ["orig-bytes"])
        self.assertEqual(
            self.complete("ftctl connection list columns=id,why"),
            ["why-not"])
        self.assertIn("lease", self.complete(
            "ftctl connection list why-not=le"))

    def test_values_of_a_command(self):
        self.assertEqual(set(self.complete("ftctl set enabled=")),
                         {"yes", "no"})
        self.assertEqual(set(self.complete("ftctl -N x tracking set enabled=")),
                         {"yes", "no", "auto"})
        self.assertEqual(self.complete("ftctl set ingress=a"), ["auto"])
        self.assertEqual(set(self.complete("ftctl monitor event=")),
                         {"fast", "released", "closed"})
        self.assertEqual(self.complete("ftctl monitor event=fast,re"),
                         ["released"])
        self.assertEqual(self.complete("ftctl connection watch cou"),
                         ["count="])

    def test_options(self):
        self.assertEqual(self.complete("ftctl -"),
                         "-4 -6 -N -d -h -j -n -p -V".split())

    def test_nothing(self):
        self.assertEqual(self.complete("ftctl nonsense x"), [])


if __name__ == "__main__":
    unittest.main()
