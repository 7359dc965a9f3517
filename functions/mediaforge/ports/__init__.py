"""What the services need from the outside, as narrow Protocols. Implemented in `adapters`, `providers`.

Every write is safe to repeat, every call may raise BusyError, and a crash may come between any two calls.
"""
