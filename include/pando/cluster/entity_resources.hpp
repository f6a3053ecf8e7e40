// The outside resources of one instance: what keeps track of them between its states.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/cluster/detail/held_resource.hpp>

namespace pando {

/// What the function that makes an entity's state asks for, to make an `entity_resource` of it. It
/// lives as long as the instance, whose resources outlive a state that a defect has spoilt.
class entity_resources {
 public:
  explicit entity_resources(std::shared_ptr<cluster::detail::resource_site> site) noexcept
      : site_(std::move(site)) {}
  entity_resources(entity_resources const&) = delete;
  ~entity_resources() {
    for (auto const& one : all_) one.what->leave_alone();
  }

  // What is left is for the library.

  /// A state is made: it names its resources anew.
  void begin_state() noexcept {
    for (auto& one : all_) one.is_named = false;
  }
  /// The one of that name, or what `make(site)` gives; null when this state has named it already.
  template <class Make>
  std::shared_ptr<cluster::detail::held_resource> find(std::string_view name, Make const& make) {
    for (auto& one : all_)
      if (one.what->name() == name) return std::exchange(one.is_named, true) ? nullptr : one.what;
    return all_.emplace_back(named{make(site_), true}).what;
  }
  bool keeps_any() const {
    for (auto const& one : all_)
      if (one.what->is_kept()) return true;
    return false;
  }
  /// The instance had it elsewhere. False: it knows no resource of that name.
  bool wake(std::string_view name, boost::asio::any_io_executor const& on) {
    for (auto const& one : all_)
      if (one.what->name() == name) {
        one.what->wake(on);
        return true;
      }
    return false;
  }

 private:
  struct named {
    std::shared_ptr<cluster::detail::held_resource> what;
    bool is_named;
  };
  std::shared_ptr<cluster::detail::resource_site> site_;
  std::vector<named> all_{};
};

} // namespace pando
