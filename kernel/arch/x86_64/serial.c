/*
 * SPDX-License-Identifier: MIT
 *
 * The 16550 UART: presence, line parameters, bursts into its FIFO.  Register names and bits are
 * those of linux/serial_reg.h.
 */
#include "kernel/arch/x86_64/serial.h"

#include <linux/serial_reg.h>

#include "kernel/arch/x86_64/io.h"

#define DIVISOR_115200 1

/* A port that is not there reads as all ones whatever was written. */
static bool present(uint16_t port)
{
	outb(port + UART_SCR, 0x5a);
	if (inb(port + UART_SCR) != 0x5a)
		return false;
	outb(port + UART_SCR, 0xa5);
	return inb(port + UART_SCR) == 0xa5;
}

bool serial_init(uint16_t port)
{
	if (!present(port))
		return false;
	outb(port + UART_IER, 0);
	outb(port + UART_LCR, UART_LCR_DLAB);
	outb(port + UART_DLL, DIVISOR_115200);
	outb(port + UART_DLM, 0);
	outb(port + UART_LCR, UART_LCR_WLEN8);
	outb(port + UART_FCR, UART_FCR_ENABLE_FIFO);
	outb(port + UART_MCR, UART_MCR_DTR | UART_MCR_RTS);
	return true;
}

bool serial_ready(uint16_t port)
{
	return inb(port + UART_LSR) & UART_LSR_THRE;
}

/* One string instruction: a hypervisor may take the burst in one exit. */
void serial_write(uint16_t port, const char *bytes, size_t len)
{
	__asm__ volatile("rep outsb" : "+S"(bytes), "+c"(len) : "d"(port + UART_TX) : "memory");
}
