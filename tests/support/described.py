"""The README's description of another API."""

import re
from pathlib import Path

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
(DESCRIPTION,) = re.findall(r"^```toml\n(# my-api\.toml\n.*?)^```$", README, re.MULTILINE | re.DOTALL)
