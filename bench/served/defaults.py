"""Production's default models on the emulators, whose own are the built-in ones: a training and a
director cannot be named by a request."""

from mediaforge.domain.catalogue import Catalogue


def with_production_defaults(catalogue: Catalogue) -> Catalogue:
    defaults = catalogue.defaults
    production = defaults.model_copy(update={"emulators": defaults.production})
    return catalogue.model_copy(update={"defaults": production})
