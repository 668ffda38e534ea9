"""A real harvester's parser, that of ckanext-dcat, without the CKAN site it is a part of.

Its profiles ask CKAN for little while parsing; what they ask for is given here: settings, the licences CKAN comes with
that matter here, and no schema of one's own.
"""

import sys
import types
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any


@contextmanager
def _ckan(settings: Mapping[str, str]) -> Iterator[None]:
    before = dict(sys.modules)

    def module(name: str, **content: object) -> None:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__dict__.update(content, __path__=[])
        parent, _, own = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], own, sys.modules[name])

    def no_schema(name: str) -> None:
        raise KeyError(name)

    licence = types.SimpleNamespace(title="CC BY 4.0", url="https://creativecommons.org/licenses/by/4.0/")
    module("ckan")
    module("ckan.exceptions", HelperError=Exception)
    module("ckan.lib")
    module("ckan.lib.helpers", resource_formats=dict)
    module("ckan.lib.munge", munge_tag=str)
    module("ckan.model")
    module("ckan.model.license", LicenseRegister=lambda: {"cc-by-4.0": licence})
    module("ckan.plugins", PluginImplementations=lambda interface: [])
    module("ckan.plugins.interfaces", Interface=object)
    module(
        "ckan.plugins.toolkit",
        config=dict(settings),
        asbool=lambda value: value in (True, "true"),
        aslist=list,
        get_action=no_schema,
        ObjectNotFound=KeyError,
        Invalid=ValueError,
        StopOnError=ValueError,
        missing=None,
        url_for=None,
        h=None,
        _=str,
    )
    module("ckan.views")
    module("ckan.views.home", index=None)
    module("ckan.views.dataset", read=None)
    try:
        yield
    finally:
        for name in set(sys.modules) - set(before):
            if name.split(".")[0] in ("ckan", "ckanext", "ckantoolkit"):
                del sys.modules[name]


def harvest(text: str, form: str, locale: str = "ja") -> list[dict[str, Any]]:
    """Return the CKAN datasets of a catalogue; `form` is ttl, jsonld or xml."""
    with _ckan({"ckan.locale_default": locale}), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from ckanext.dcat.processors import RDFParser

        parser = RDFParser(profiles=["euro_dcat_ap_3"])
        parser.parse(text, _format=form)
        return list(parser.datasets())
