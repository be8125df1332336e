"""When things happen: two engines that replay activity on phase tables and agree event for event."""
