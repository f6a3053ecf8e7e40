// Requests and answers as a storage keeps them: JSON, which a person can read and later versions of
// a program too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/handler/caller.hpp>
#include <pando/handler/channel.hpp>
#include <pando/schema/table.hpp>
#include <pando/store/messages.hpp>

namespace pando::cluster::detail {

/// The request as JSON; empty where the rpc takes none. *Throws* `unencodable`.
std::string store_request(route_row const& row, void const* request);
/// Reads it into a default-constructed request; rules are not checked: its handler's call does.
/// Gives why that is not possible, or an empty text.
std::string read_request(route_row const& row, std::string_view stored, void* request);

/// The primary key of a request, as text: a string as it is, anything else as JSON.
std::string key_text(rpc_row const& rpc, void const* request);

/// An item of a stream as JSON, without a line's end. *Throws* `unencodable`.
std::string store_item(route_row const& row, void const* item);
/// Reads it into a default-constructed item. Gives why that is not possible, or an empty text.
std::string read_item(route_row const& row, std::string_view stored, void* item);

/// What an operation ended in. A result is JSON, an error its name and JSON on a line each, a
/// failure its code, its id and its sentence on a line each.
store::answer store_answer(operation& ended);
/// Ends an operation in that, but for `finish`.
void read_answer(store::answer const& stored, operation& into);

/// Why a call failed, for whoever looks after the storage: of a stored answer that is a failure, or
/// of its beginning; also of a stream's. In UTF-8.
std::string why_it_failed(std::string_view stored);

/// What is not UTF-8 of it as `?`.
std::string as_utf8(std::string text);

/// Whom a call is made for, as text, and whether it is discarded: transport, peer, principal, user
/// and incarnation; never a header, which may be a secret. Empty: nobody but this program, which
/// waits for it. `reader`: the incarnation of the program that reads a stream, if it has one.
std::string store_caller(caller const* whom, bool discards = false, std::uint64_t reader = 0);
bool was_discarded(std::string_view stored) noexcept;
/// 0: not known.
std::uint64_t reader_of(std::string_view stored) noexcept;
/// Keeps what the views of a caller are of.
struct stored_caller {
  std::string transport{};
  std::string peer{};
  caller whom{};
};
/// Gives null where it is made for nobody else.
caller const* read_caller(std::string_view stored, stored_caller& into);

} // namespace pando::cluster::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/stored_text.ipp>
#endif
