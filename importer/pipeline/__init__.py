"""The run, from files to closed books, and what is built of the same steps.

In the order in which a run goes through them: ``run`` is the whole of it on one page; ``plan`` opens the files and
``mapper`` maps their columns, ``suppression`` reads whom not to contact, ``staging`` and ``preparation`` bring the rows
through the stages (``engines`` those that need no other rows), ``sending`` sends them meanwhile, ``reconciliation``
closes the books. ``inspection``, ``convert``, ``retry``, ``verify``, ``rebuild``, ``trace`` and ``review`` are built of
the same.
"""
