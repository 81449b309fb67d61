/*
 * SPDX-License-Identifier: MIT
 *
 * Files from the loader's own partition.  UEFI Specification 2.10, 13.4 (simple file system) and
 * 13.5 (file protocol).  One Read for a file: each costs firmware a walk of its own.
 */
#include "base/string.h"
#include "boot/efi/loader.h"

#define NAME_MAX 32

static EFI_GUID loaded_image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
static EFI_GUID file_system_guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
static EFI_GUID file_info_guid = EFI_FILE_INFO_ID;

EFI_STATUS loader_open_volume(struct loader *l)
{
	EFI_FILE_IO_INTERFACE *file_system;
	EFI_STATUS status;

	status = l->bs->HandleProtocol(l->image, &loaded_image_guid, (void **)&l->self);
	if (EFI_ERROR(status))
		return loader_fail(l, "firmware", "does not say where this loader came from", NULL,
				   status);
	status = l->bs->HandleProtocol(l->self->DeviceHandle, &file_system_guid,
				       (void **)&file_system);
	if (EFI_ERROR(status))
		return loader_fail(l, "the loader", "does not come from a file system",
				   "start it from a FAT partition with " LOADER_KERNEL_NAME,
				   status);
	status = file_system->OpenVolume(file_system, &l->root);
	if (EFI_ERROR(status)) {
		l->root = NULL;
		return loader_fail(l, "the loader's partition", "cannot be opened",
				   "check its FAT file system", status);
	}
	return EFI_SUCCESS;
}

static EFI_STATUS file_open(const struct loader *l, const char *name, EFI_FILE_HANDLE *handle)
{
	CHAR16 wide[NAME_MAX];
	size_t len = strlen(name);

	for (size_t i = 0; i <= len; i++)
		wide[i] = (CHAR16)name[i];
	return l->root->Open(l->root, handle, wide, EFI_FILE_MODE_READ, 0);
}

static EFI_STATUS file_stat(EFI_FILE_HANDLE handle, uint64_t *len, bool *is_directory)
{
	/* Room for the name that firmware appends; ours are short, in whatever case they are. */
	union {
		EFI_FILE_INFO info;
		uint8_t bytes[sizeof(EFI_FILE_INFO) + 2 * NAME_MAX];
	} buf;
	UINTN size = sizeof(buf);
	EFI_STATUS status = handle->GetInfo(handle, &file_info_guid, &size, &buf);

	if (EFI_ERROR(status))
		return status;
	*is_directory = (buf.info.Attribute & EFI_FILE_DIRECTORY) != 0;
	*len = buf.info.FileSize;
	return EFI_SUCCESS;
}

static EFI_STATUS file_read(struct loader *l, EFI_FILE_HANDLE handle,
			    const struct loader_file_request *request, struct loader_file *file)
{
	uint64_t len = 0;
	bool is_directory = false;
	UINTN got;
	EFI_STATUS status = file_stat(handle, &len, &is_directory);

	if (EFI_ERROR(status))
		return loader_fail(l, request->name, "does not tell its size", request->if_bad,
				   status);
	if (is_directory)
		return loader_fail(l, request->name, "is a directory", request->if_bad,
				   EFI_SUCCESS);
	if (len > request->max_len)
		return loader_fail(l, request->name, "is too large", request->if_bad, EFI_SUCCESS);
	file->bytes = loader_pages(l, MAX(len, 1u), EFI_PAGE_SIZE, 0);
	if (file->bytes == NULL)
		return loader_fail(l, request->name, "does not fit into memory below 4 GiB",
				   "give the machine more memory", EFI_OUT_OF_RESOURCES);
	got = len;
	status = handle->Read(handle, &got, file->bytes);
	if (EFI_ERROR(status) || got != len)
		return loader_fail(l, request->name, "cannot be read to its end", request->if_bad,
				   status);
	file->len = len;
	return EFI_SUCCESS;
}

EFI_STATUS loader_read_file(struct loader *l, const struct loader_file_request *request,
			    struct loader_file *file)
{
	EFI_FILE_HANDLE handle;
	EFI_STATUS status = file_open(l, request->name, &handle);

	memset(file, 0, sizeof(*file));
	if (status == EFI_NOT_FOUND && request->if_missing == NULL)
		return EFI_SUCCESS;
	if (status == EFI_NOT_FOUND)
		return loader_fail(l, request->name, "is not on this loader's partition",
				   request->if_missing, EFI_SUCCESS);
	if (EFI_ERROR(status))
		return loader_fail(l, request->name, "cannot be opened", request->if_bad, status);
	status = file_read(l, handle, request, file);
	handle->Close(handle);
	return status;
}
