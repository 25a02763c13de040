// SPDX-License-Identifier: BSD-2-Clause
// Stylesheets are bundled, not values.
declare module "*.css";
