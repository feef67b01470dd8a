"""What proves a model version: keys, bills of materials, bundles, the chain from data on."""
