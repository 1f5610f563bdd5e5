"""The topic's description of another API."""

import re

from importer.cli.docs import topic

(DESCRIPTION,) = re.findall(r"^```toml\n(# my-api\.toml\n.*?)^```$", topic("target"), re.MULTILINE | re.DOTALL)
