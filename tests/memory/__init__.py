"""The ports in memory: the same promises as the real ones, proven by the same contract tests.

They let a rule that spans several services be tested thousands of times a second, with a crash at
every write. Nothing here outlives the process, and nothing here is deployed.
"""
