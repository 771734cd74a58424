"""YAML as data only: what every file of settings is read with."""

from __future__ import annotations

from typing import Any

from qchem_app.errors import InputError
from qchem_app.io.source import excerpt


def parse_yaml(text: str, label: str) -> Any:
    """The plain data in YAML text: no tags that build objects, no aliases, no key twice.

    Args:
        text: the whole file.
        label: what messages call the file.

    Raises:
        InputError: not such data; with the line where it is wrong.
    """
    import yaml

    class Loader(yaml.SafeLoader):
        """Plain data only, without the aliases that make a small file large."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                raise InputError(f"{label}: aliases (*name) are not read: write the values out")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = set()
            for key, _ in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    continue
                if key.value in keys:
                    raise InputError(
                        f"{label}: '{excerpt(key.value, 40)}' is there twice, again in line "
                        f"{key.start_mark.line + 1}: keep one of them"
                    )
                keys.add(key.value)
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = excerpt(str(error.problem), 80)
        raise InputError(
            f"{label}: not valid YAML in line {line} ({problem}): correct it"
        ) from None
    except yaml.YAMLError as error:
        problem = excerpt(" ".join(str(error).split()), 80)
        raise InputError(f"{label}: not valid YAML ({problem}): correct it") from None
    except RecursionError:
        raise InputError(f"{label}: nested too deeply: correct it") from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        # a date or number that looks like one and is none
        raise InputError(
            f"{label}: not valid YAML ({excerpt(str(error), 80)}): correct it"
        ) from None
