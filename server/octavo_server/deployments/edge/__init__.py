"""Edge: signed bundles for devices, and the devices that hold them."""
