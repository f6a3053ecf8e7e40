// Where the Unix socket of an app is, and whether the place may be trusted.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <pando/config.hpp>

namespace pando {

/// The folders that hold sockets of this user's apps: `$XDG_RUNTIME_DIR/pando` where that variable
/// is an absolute path, then `/tmp/pando-UID`. A server uses the first; a client looks in all.
std::vector<std::string> socket_folders();

/// `NAME.sock` in the first of these folders.
std::string socket_path_of(std::string_view app);

// Each of these gives an empty text where all is well, or else a sentence without a full stop that
// says what is wrong and what to do.

/// An app's name is a file name of at most 64 characters: letters, digits, `-`, `_` and `.`, the
/// first of them neither `-` nor `.`.
std::string why_no_app_name(std::string_view name);

/// A path a Unix socket can have: the kernel takes 107 bytes (unix(7)).
std::string why_no_socket_path(std::string_view path);

/// A folder (no link to one) that belongs to this user and that nobody else may enter.
std::string why_not_private(std::string const& folder);

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/socket_path.ipp>
#endif
