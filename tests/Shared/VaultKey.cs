using System.Runtime.CompilerServices;

namespace Postroom.Shared;

/// <summary>Relays that a test starts find the key of their vault in the environment, and make none in the home of who
/// runs the tests, unless their configuration says where.</summary>
internal static class VaultKey
{
    private const string Variable = "POSTROOM_VAULT_KEY";

    [ModuleInitializer]
    internal static void Give()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
            Environment.SetEnvironmentVariable(Variable, Postroom.Relay.Vault.RootKey.MakeLine());
    }
}
