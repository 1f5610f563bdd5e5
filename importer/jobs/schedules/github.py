"""A workflow of GitHub Actions, for a runner of one's own: a machine that is new each time would have no ledger."""

import json
import shlex

from importer.jobs.schedules.schedule import Recipe, Schedule


def recipe(schedule: Schedule) -> Recipe:
    """Return the workflow."""
    file = f".github/workflows/{schedule.name}.yml"
    env = {name: _literal(value) for name, value in schedule.variables.items()}
    before = [f"The runner is the machine on which {schedule.folder} lies."]
    if schedule.key_file is not None:
        env[schedule.key_variable] = f"${{{{ secrets.{schedule.key_variable} }}}}"
        before.append(f"The key: gh secret set {schedule.key_variable}")
    variables = "".join(f"\n          {name}: {json.dumps(value)}" for name, value in env.items())
    text = f"""\
# The job {schedule.job.name} of importer, in {file}. It is taken back by removing this file.
name: {schedule.name}
on:
  schedule:
    - cron: "{schedule.cron}"  # UTC
  workflow_dispatch:
permissions: {{}}
concurrency:
  group: {schedule.name}
  cancel-in-progress: false
jobs:
  import:
    runs-on: self-hosted
    timeout-minutes: 720
    steps:
      - name: Start the job
        shell: bash{f"{chr(10)}        env:{variables}" if env else ""}
        run: |
          cd {_literal(shlex.quote(str(schedule.folder)))}
          {_literal(shlex.join(schedule.command))} && code=0 || code=$?
          # 3: some rows are errored; 8: another start is under way
          case $code in 3 | 8) code=0 ;; esac
          exit $code
"""
    return Recipe(text, before, [f"git add {file}", "git commit", "git push"], [f"git rm {file}"])


def _literal(text: str) -> str:
    """Return a text in which nothing is taken for an expression of the workflow."""
    return text.replace("${{", "${{ '${{' }}")
