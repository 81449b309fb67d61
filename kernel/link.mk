# Links the kernel image; included by the top Makefile.
