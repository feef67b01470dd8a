"""How features become current: built by the engine, judged, recorded."""
