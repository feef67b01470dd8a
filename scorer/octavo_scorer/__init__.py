"""The scorer: one process that holds one model version in memory and answers for it.

It is its own program (``python -m octavo_scorer``) because model files are code: it runs
under an own account, gets read-only copies, checks every byte before it loads one, and knows
neither database nor Hub.
"""
