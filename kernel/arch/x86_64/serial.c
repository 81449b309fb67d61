/*
 * SPDX-License-Identifier: MIT
 *
 * The console's ports are COM1 and COM2, 16550 UARTs: presence, line parameters (115200 8N1 with FIFO),
 * bursts.  Register names and bits are
 * those of linux/serial_reg.h.
 */
#include "kernel/arch/console_port.h"

#include <linux/serial_reg.h>

#include "kernel/arch/x86_64/io.h"

#define DIVISOR_115200 1
#define FIFO_LEN 16 /* bytes that may be written when the transmitter is empty */

static const uint16_t addresses[CONSOLE_PORTS] = {0x3f8, 0x2f8};

/* A port that is not there reads as all ones whatever was written. */
static bool present(uint16_t port)
{
	outb(port + UART_SCR, 0x5a);
	if (inb(port + UART_SCR) != 0x5a)
		return false;
	outb(port + UART_SCR, 0xa5);
	return inb(port + UART_SCR) == 0xa5;
}

bool console_port_open(unsigned number)
{
	uint16_t port = addresses[number];

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

/* A burst by one string instruction: a hypervisor may take it in one exit. */
size_t console_port_write(unsigned number, const char *bytes, size_t len)
{
	uint16_t port = addresses[number];
	size_t burst = MIN(len, (size_t)FIFO_LEN), left = burst;

	if ((inb(port + UART_LSR) & UART_LSR_THRE) == 0)
		return 0;
	__asm__ volatile("rep outsb" : "+S"(bytes), "+c"(left) : "d"(port + UART_TX) : "memory");
	return burst;
}
