"""The camera farm: virtual cameras over real RTSP and ONVIF, with a programme and ground truth."""
