"""The reviewers' desk: a local web application over the rows of one run.

In reading order: ``query`` (the language of the search field), ``table`` (the rows behind it), ``view`` (what a row
shows, masked or not), ``overview`` (the figures of a screen), ``reviewing`` and ``checking`` (what is decided, and what
would be sent of it), ``sending``, ``approving`` and ``under_way`` (the run that sends it), ``guard`` (who is let in),
``application`` (which address shows what) and ``server``. ``pages`` holds templates, style and script.
"""
