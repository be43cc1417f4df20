# SPDX-License-Identifier: GPL-2.0
"""Commands of hosts.py that look into what ftctl -j has printed.

Owns: files of JSON. Must not know: what is in them.
"""
import json


class Failed(Exception):
    """What a command could not find to be true."""


class JsonFiles:
    """Part of the one process, because starting another takes a second."""

    @staticmethod
    def load(path):
        with open(path, encoding="utf-8") as file:
            return json.load(file)

    def do_json(self, path):
        """Is it JSON?"""
        self.load(path)

    def chosen(self, path, selectors):
        rows = self.load(path)
        for selector in selectors:
            key, value = selector.split("=", 1)
            rows = [row for row in rows if str(row.get(key)) == value]
        return rows

    def do_rows(self, path, *selectors):
        return len(self.chosen(path, selectors))

    def do_pick(self, path, key, *selectors):
        """A value (a.b goes down) of the one object, or of the one in a list
        in which each selector KEY=VALUE is true."""
        rows = self.chosen(path, selectors)
        if isinstance(rows, list):
            if len(rows) != 1:
                raise Failed("%d rows" % len(rows))
            rows = rows[0]
        for part in key.split("."):
            if part not in rows:
                raise Failed("no %s" % key)
            rows = rows[part]
        return rows
