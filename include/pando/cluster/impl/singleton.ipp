// The value of a singleton.
#pragma once

#include <utility>

#include <pando/cluster/detail/sole_run.hpp>
#include <pando/cluster/singleton.hpp>

namespace pando {

PANDO_LAZY_BODY task<std::optional<std::string>> singleton_context::value() const {
  return run_->value();
}
PANDO_LAZY_BODY task<bool> singleton_context::set_value(std::string value) {
  return run_->set_value(std::move(value));
}

} // namespace pando
