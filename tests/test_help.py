"""`--help` is a manual in both languages: every command and option, with examples, statuses and environment."""

import json
import os
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from kpigraph import config, manual, variables

# Every command with its text and, of each parameter, its names and what is said of it: what a reader of --help sees.
_LIST = """
import json, typer
from kpigraph.cli import app
def walk(command, path):
    told = [[p.name, list(p.opts), getattr(p, "help", None) or ""] for p in command.params if p.name != "help"]
    found = {" ".join(path): [command.help or "", told]}
    for name, below in getattr(command, "commands", {}).items():
        found |= walk(below, [*path, name])
    return found
print(json.dumps(walk(typer.main.get_command(app), [])))
"""


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_command_and_every_option_is_explained(lang: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LIST],
        env={**os.environ, "KPIGRAPH_LANG": lang},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    commands = json.loads(done.stdout)
    assert len(commands) > 20
    for command, (text, options) in commands.items():
        assert len(text) > 8, command
        assert bool(re.search("[ぁ-ん]", text)) == (lang == "ja"), command
        for name, _, said in options:
            assert re.search("[ぁ-んァ-ン一-龠]{2}" if lang == "ja" else "[a-z]{3}", said), (command, name)
        top = command.split(" ")[0]
        if command == top and top:
            assert re.search("終了コード: 0" if lang == "ja" else "Exit status: 0", text), command
            assert ("kpigraph " in text) or command == "releases", command
            assert all(variable in text for variable in variables.READ_BY.get(top, ())), command


def test_every_setting_is_a_variable_that_some_command_explains() -> None:
    source = Path(config.__file__).read_text("utf-8")
    read = set(re.findall(r"KPIGRAPH_[A-Z_]+[A-Z]", source)) - {"KPIGRAPH_CONTACT"}
    assert read <= set(variables.VARIABLES)
    assert set(variables.VARIABLES) == {v for names in variables.READ_BY.values() for v in names} | {"KPIGRAPH_LANG"}
    assert len(read) == len(fields(config.Settings))
    assert "KPIGRAPH_LANG" in manual.STATUSES[1]
