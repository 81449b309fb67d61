# Builds the UEFI loader; included by the top Makefile.
