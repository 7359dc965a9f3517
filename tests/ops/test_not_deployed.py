"""The operators' command is run from a checkout: what is deployed has neither its code nor its packages."""

import json
import shutil
import subprocess

from tools.setup import ROOT

# As firebase-tools lists what it uploads (prepareFunctionsUpload.js).
LIST = """
const { readdirRecursive } = require("./node_modules/firebase-tools/lib/fsAsync.js");
const { source, ignore } = require("./firebase.json").functions[0];
readdirRecursive({ path: source, ignoreStrings: ignore })
  .then((files) => console.log(JSON.stringify(files.map((file) => file.name))));
"""


def test_it_is_not_uploaded() -> None:
    ran = subprocess.run(
        [shutil.which("node") or "node", "-e", LIST],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    uploaded = set(json.loads(ran.stdout))
    assert "functions/mediaforge/bootstrap.py" in uploaded
    assert [name for name in uploaded if "mediaforge/ops" in name] == []
    assert (ROOT / "functions" / "mediaforge" / "ops" / "command.py").exists()


def test_its_tables_need_nothing_that_is_deployed() -> None:
    deployed = (ROOT / "functions" / "requirements.txt").read_text(encoding="utf-8")
    assert "\nrich==" not in deployed
