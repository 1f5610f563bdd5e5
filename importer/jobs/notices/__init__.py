"""Word of a job to people and programs: one file a channel, each with ``send``; ``telling`` decides when."""
