"""``python -P -m octavo.local.singleuser``: a person's single-user server, started faster."""

from octavo.local.imports import skip_iri_grammar

if __name__ == "__main__":
    skip_iri_grammar()
    from jupyterhub.singleuser import main

    main()
