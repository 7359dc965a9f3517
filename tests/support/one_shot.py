"""The methods, other than `start`, of a provider that is done as soon as it has started."""

from typing import NoReturn

from mediaforge.ports.provider import ProviderRequest


class OneShotProvider:
    def poll(self, request: ProviderRequest, handle: str) -> NoReturn:
        raise AssertionError(f"nothing is running for {request.job_id}, and {handle} is asked for")

    def cancel(self, handle: str) -> None:
        raise AssertionError(f"nothing is running, and {handle} is to be ended")
