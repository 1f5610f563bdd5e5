"""A person's data taken out of everything that was written: runs, ledger, decisions, and the archives of inboxes.

``person`` finds whose data it is, ``erase`` takes it out of a run, ``archives`` out of the files that jobs have filed,
``forget`` does all of it under an intent that survives a kill, and ``proof`` searches the bytes of what is left.
"""
