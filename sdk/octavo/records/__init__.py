"""What goes over the wire: one module an area, frozen records with a line of meaning a field."""
