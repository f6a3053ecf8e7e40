// What goes wrong with a storage, whichever engine it is: one exception, by what it means.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace pando::store {

/// What it means for whoever asked.
enum class storage_fault : std::uint8_t {
  unavailable,  ///< the storage cannot be reached, or does not answer; it may come back by itself
  overloaded,   ///< more wait for it than may
  outcome_unknown, ///< it was sent, and nothing is known of it since: it may have happened
  incompatible, ///< another version of the tables, another number of shards, another file
  refused,      ///< it will not: no permission, a full disk, a read-only or damaged file
};

/// Any error of a storage. Unless it is `outcome_unknown`, nothing of it has happened. `what()` is
/// a sentence with all that the engine said, and with what to do where that is known.
class storage_error : public std::runtime_error {
 public:
  storage_error(storage_fault fault, std::string const& what)
      : std::runtime_error(what), fault_(fault) {}

  storage_fault fault() const noexcept { return fault_; }
  /// The same again may go well.
  bool is_retryable() const noexcept {
    return fault_ != storage_fault::incompatible && fault_ != storage_fault::refused;
  }

 private:
  storage_fault fault_;
};

} // namespace pando::store
