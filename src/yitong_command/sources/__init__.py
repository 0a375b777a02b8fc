"""Where pictures come from: RTSP cameras, files and devices, ball cameras over ONVIF."""
