// A bot on unmodified discord.js: registers commands, answers them, and tells on standard output what it lives through.
// Environment: API (http://host:port/api), TOKEN.
import { ActionRowBuilder, ButtonBuilder, ButtonStyle, Client, Events, GatewayIntentBits, MessageFlags, SlashCommandBuilder } from "discord.js";

const tell = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

const client = new Client({
  intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.MessageContent, GatewayIntentBits.GuildVoiceStates, GatewayIntentBits.GuildMembers],
  rest: { api: process.env.API },
});

const commands = [
  new SlashCommandBuilder().setName("echo").setDescription("Say it again")
    .addStringOption(option => option.setName("text").setDescription("What to say").setRequired(true)),
  new SlashCommandBuilder().setName("panel").setDescription("A button"),
];

const answers = {
  async echo(interaction) {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    await interaction.editReply(interaction.options.getString("text"));
    await interaction.followUp({ content: "and once more", flags: MessageFlags.Ephemeral });
  },
  async panel(interaction) {
    const button = new ButtonBuilder().setCustomId("more").setLabel("More").setStyle(ButtonStyle.Primary);
    await interaction.reply({ content: "0", components: [new ActionRowBuilder().addComponents(button)] });
  },
};

client.on(Events.ClientReady, async () => {
  await client.application.commands.set(commands);
  const members = await client.guilds.cache.first().members.fetch();
  tell("ready", { user: client.user.id, members: members.size });
});
client.on(Events.InteractionCreate, async interaction => {
  if (interaction.isChatInputCommand()) await answers[interaction.commandName](interaction);
  else if (interaction.isButton()) await interaction.update({ content: String(Number(interaction.message.content) + 1) });
});
client.on(Events.MessageCreate, message => tell("message", { content: message.content, author: message.author.id }));
client.on(Events.ShardResume, (_, replayed) => tell("resumed", { replayed }));
client.on(Events.ShardReady, () => tell("identified"));
client.on(Events.Error, error => tell("error", { message: String(error) }));

await client.login(process.env.TOKEN);
