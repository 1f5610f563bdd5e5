"""A CronJob of Kubernetes. The job's folder is a volume, and all that the job writes must lie in it."""

import json
import re
from pathlib import Path

from importer import __version__
from importer.errors import UsageError
from importer.jobs.schedules.schedule import Recipe, Schedule

_DATA = Path("/data")
_KEYS = "/run/secrets/importer"


def recipe(schedule: Schedule) -> Recipe:
    """Return the manifest.

    Raises:
        UsageError: the job uses what lies outside its own folder, which is all that the container has.
    """
    name = re.sub(r"[^a-z0-9]+", "-", schedule.name.lower())[:52].strip("-")
    job = schedule.job
    for path in (job.settings.runs, job.inbox, *job.settings.suppress):
        _inside(schedule, str(path))
    env = {variable: _inside(schedule, value) for variable, value in schedule.variables.items()}
    if schedule.key_file is not None:
        env[f"{schedule.key_variable}_FILE"] = f"{_KEYS}/key"
    args = ["job", "run", *(_inside(schedule, word) for word in (str(job.path), *schedule.options))]
    before = [
        f"The volume importer-data holds what lies in {schedule.folder}, and belongs to 10001.",
        *(
            [f"The key: kubectl create secret generic importer-key --from-file=key={schedule.key_file}"]
            if schedule.key_file
            else []
        ),
        f"The image importer:{__version__} is built of importer/Dockerfile, and lies where the cluster finds it.",
    ]
    variables = "".join(
        f"\n                - {{name: {variable}, value: {json.dumps(value)}}}" for variable, value in env.items()
    )
    text = _MANIFEST.format(
        job=job.name,
        name=name,
        cron=schedule.cron,
        image=f"importer:{__version__}",
        args=json.dumps(args),
        env=f"\n              env:{variables}" if env else "",
        mount=_MOUNT if schedule.key_file else "",
        secret=_KEY_VOLUME if schedule.key_file else "",
    )
    return Recipe(text, before, ["kubectl apply -f -"], [f"kubectl delete cronjob {name}"])


def _inside(schedule: Schedule, word: str) -> str:
    """Return a word of a command as the container has it: a path of the job's folder lies under ``/data`` there."""
    if not word.startswith("/"):
        return word
    path = Path(word)
    if not path.is_relative_to(schedule.folder):
        raise UsageError(
            f"{path} lies outside the job's folder {schedule.folder}, and the container has nothing else. Put it there."
        )
    return str(_DATA / path.relative_to(schedule.folder))


_MOUNT = f"""
                - {{name: key, mountPath: {_KEYS}, readOnly: true}}"""
_KEY_VOLUME = """
            - name: key
              secret: {secretName: importer-key, defaultMode: 288}  # 0440"""
_MANIFEST = """\
# The job {job} of importer. It is taken back by: kubectl delete cronjob {name}
apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}
spec:
  schedule: {cron!r}
  timeZone: Etc/UTC
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 3600
  successfulJobsHistoryLimit: 3
  failedJobsHistoryLimit: 7
  jobTemplate:
    spec:
      backoffLimit: 6  # exit code 4: the next pod goes on with what was stopped
      podFailurePolicy:
        rules:
          - action: Ignore  # a node that is emptied is no failure
            onPodConditions: [{{type: DisruptionTarget, status: "True"}}]
          - action: Ignore  # some rows are errored: the next pod finds nothing left to do, and the Job is complete
            onExitCodes: {{operator: In, values: [3]}}
          - action: FailJob  # for a person: another try would find nothing to do, and hide it
            onExitCodes: {{operator: In, values: [1, 2, 5, 6, 7]}}
      template:
        spec:
          restartPolicy: Never
          terminationGracePeriodSeconds: 600  # the answer under way comes in, and the report is written
          automountServiceAccountToken: false
          securityContext:
            runAsNonRoot: true
            runAsUser: 10001
            runAsGroup: 10001
            fsGroup: 10001
            seccompProfile: {{type: RuntimeDefault}}
          containers:
            - name: importer
              image: {image}
              args: {args}{env}
              resources:
                requests: {{cpu: 500m, memory: 1Gi}}
                limits: {{memory: 2Gi}}
              securityContext:
                allowPrivilegeEscalation: false
                readOnlyRootFilesystem: true
                capabilities: {{drop: [ALL]}}
              volumeMounts:
                - {{name: data, mountPath: /data}}{mount}
          volumes:
            - name: data
              persistentVolumeClaim: {{claimName: importer-data}}{secret}
"""
