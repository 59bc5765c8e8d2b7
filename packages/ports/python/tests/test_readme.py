from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import TestCase

FOLDER = Path(__file__).resolve().parent.parent


class TheReadme(TestCase):
    def test_its_programs_run_without_a_word(self) -> None:
        programs = re.findall(r"^```python\n(.*?)^```$", (FOLDER / "README.md").read_text("utf-8"), re.M | re.S)
        self.assertGreaterEqual(len(programs), 2)
        with tempfile.TemporaryDirectory() as folder:
            env = {**os.environ, "PYTHONPATH": str(FOLDER / "src"), "KISSBOT_MONITOR_SOCKET": f"{folder}/none.sock"}
            for program in programs:
                ran = subprocess.run(
                    [sys.executable, "-W", "error", "-c", program],
                    env=env,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                    timeout=60,
                )
                self.assertEqual((ran.returncode, ran.stdout), (0, ""), program)
