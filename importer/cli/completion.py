"""``completion``: the script for a shell. It asks ``importer`` itself what fits, so that it is never out of date."""

import sys

from typer._completion_shared import get_completion_script

_PLACES = {
    "bash": "importer completion bash > ~/.local/share/bash-completion/completions/importer",
    "zsh": "importer completion zsh > ~/.zfunc/_importer   (with fpath+=~/.zfunc before compinit in ~/.zshrc)",
    "fish": "importer completion fish > ~/.config/fish/completions/importer.fish",
}


def print_completion(shell: str) -> None:
    """Carry out ``importer completion``."""
    script = get_completion_script(prog_name="importer", complete_var="_IMPORTER_COMPLETE", shell=shell)
    # The first line of a script for zsh says that it is one; the place to put it comes below.
    first, line_end, rest = script.strip().partition("\n")
    place = f"# {_PLACES[shell]}"
    lines = [first, place] if first.startswith("#compdef") else [place, first]
    sys.stdout.write("\n".join(lines) + line_end + rest + "\n")
