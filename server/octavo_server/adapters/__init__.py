"""The only importers of the engines that Octavo stands on."""
