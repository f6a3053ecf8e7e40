// `stream<T>` as a contract names it; its coroutine type is in <pando/runtime/stream.hpp>.
#pragma once

namespace pando {

/// In a signature: the route answers with a sequence of `Item`s, each sent as soon as it is made.
template <class Item>
class stream;

} // namespace pando
