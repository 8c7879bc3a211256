"""Scenes for tests of rules that need more than values: flows over real stores, a stub of the hub, files of tools."""

from tests.support.commands import command_environment
from tests.support.flow_scene import scene
from tests.support.hub_scene import hub_scene
from tests.support.office import office

__all__ = ["command_environment", "hub_scene", "office", "scene"]
