using Postroom.Mail.Privacy;

namespace Postroom.Configuration;

/// <summary>What the log says: a table of its own, for <c>[telemetry]</c> is a collector's, which there need not
/// be.</summary>
internal static class LogKeys
{
    private const string T = "log";

    public static readonly Setting<AddressForm> Addresses =
        new(T, "addresses", SettingTypes.Choice<AddressForm>(), AddressForm.Plain,
        "How addresses stand in the log, the words of other machines in it included, and in traces that have any: "
            + "`plain`; `masked`: `a***@example.com`; `hashed`: `h:1f2e3d4c5b6a7988@example.com`, the same for one "
            + "address always, and found with `postroom log word ADDRESS`. The record of a mail has them as they are.");

    public static Setting[] All => [Addresses];

    public static AddressForm AddressesOf(TableValues? t) => t?.Get(Addresses) ?? AddressForm.Plain;
}
