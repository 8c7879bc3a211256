"""The flows over real stores, for tests of rules that need them."""

from tests.support.flow_scene import scene

__all__ = ["scene"]
