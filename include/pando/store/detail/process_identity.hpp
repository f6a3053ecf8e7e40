// Which process this is, so that another on the same machine can tell whether it has ended.
#pragma once

#include <cstdint>
#include <string>

#include <pando/config.hpp>

namespace pando::store::detail {

/// A process of this machine. Ids are used again; with the time of its start they tell it apart.
struct process_identity {
  std::int64_t id = 0;
  std::int64_t started = 0; ///< in the kernel's ticks; 0: not known
  std::string space{};      ///< where ids and times mean the same (namespaces); empty: not known
};

process_identity this_process();
/// Whether that process has ended. False wherever it cannot be told.
bool has_ended(process_identity const& one, process_identity const& here);
/// Another one for each start of the machine (/proc/sys/kernel/random/boot_id); empty: not known.
std::string boot_id();

} // namespace pando::store::detail
